// Share missed against clamped length for two organs: the step curves, their minorants, and the anchor's vertices.
import { heading, INK, key, Panel, percent, picture, ticksTo } from './chart.mjs';
import { ENVELOPE_PATH, firstAbove, fitted, HU, nameOf, pathOf, twoOrgans } from './cohort.mjs';
import { teachingCohort } from './teaching.mjs';

const ORGANS = /** @type {const} */ ([3, 5]);
/** Few voxels, so that single steps can be seen. */
const SIZES = { nOpt: 4, nCal: 32, nTest: 0 };

export async function drawEnvelope() {
  const cohort = twoOrgans(teachingCohort({ scans: SIZES.nOpt + SIZES.nCal, side: 36 }), ORGANS);
  const { fits, split, profileOf, partition } = await fitted(
    cohort,
    ['sem-crc'],
    { ...ENVELOPE_PATH, within: 'body' },
    SIZES,
  );
  const { path, lambda, position } = pathOf(fits[0]);
  const opt = await Promise.all(split.opt.map(cohort.read));
  const curves = ORGANS.map((organ) => {
    const group = partition.keys.indexOf(String(organ));
    const steps = stepCurve(opt, split.opt.map(profileOf), organ);
    const vertices = [steps[0]];
    path.index.forEach((index, edge) => {
      if (index !== group) return;
      const [cost, miss] = vertices[vertices.length - 1];
      vertices.push([cost + path.cost[edge], miss - path.miss[edge], path.lambdaTo[edge]]);
    });
    for (const vertex of vertices) checkVertex(vertex, steps);
    const anchor = vertices.find((vertex) => vertex[2] === lambda[group]);
    if (!anchor) throw new Error(`the anchor of organ ${organ} is no vertex of its minorant`);
    return { organ, steps, vertices, anchor };
  });
  const price = path.miss[position - 1] / path.cost[position - 1];
  const costTicks = ticksTo(1.3 * HU * Math.max(...curves.map(({ anchor }) => anchor[0])));
  const costEnd = costTicks[costTicks.length - 1] / HU;
  const missTicks = ticksTo(Math.max(...curves.map(({ steps }) => steps[0][1])));
  const panels = curves.map(
    (_, i) =>
      new Panel(
        { left: 56 + 378 * i, top: 76, width: 310, height: 260 },
        {
          range: [0, costEnd],
          ticks: costTicks.map((tick) => tick / HU),
          label: 'half the length that λ adds (HU per voxel)',
          format: (value) => (value * HU).toFixed(0),
        },
        {
          range: [0, missTicks[missTicks.length - 1]],
          ticks: missTicks,
          label: 'share of both organs’ voxels, missed here',
          format: percent,
        },
      ),
  );
  return picture({ width: 760, height: 460, title: 'Share missed against length' }, [
    ...curves.flatMap(({ organ, steps, vertices, anchor }, i) => {
      const panel = panels[i];
      const end = steps[steps.length - 1][0];
      return [
        heading(22 + 378 * i, 30, nameOf(cohort, organ)),
        panel.axes(),
        panel.clip([
          panel.line(
            [
              [anchor[0] - costEnd, anchor[1] + price * costEnd],
              [anchor[0] + costEnd, anchor[1] - price * costEnd],
            ],
            { stroke: INK.red, 'stroke-dasharray': '5 4' },
          ),
          panel.steps(
            steps.map(([cost, miss]) => [cost, miss]),
            end,
            { stroke: INK.text, 'stroke-width': 1.3 },
          ),
          panel.line(
            vertices.map(([cost, miss]) => [cost, miss]),
            { stroke: INK.blue, 'stroke-width': 1.8 },
          ),
          ...vertices.map(([cost, miss]) =>
            panel.dot([cost, miss], { r: 2.8, fill: INK.blue, stroke: 'none' }),
          ),
          panel.dot([anchor[0], anchor[1]], { r: 5.5, fill: INK.red }),
        ]),
      ];
    }),
    key(56, 400, [
      {
        line: { stroke: INK.text, 'stroke-width': 1.3 },
        words: ['step curve, as λ grows through the scores'],
      },
      { line: { stroke: INK.blue }, words: ['its lower convex minorant, vertices at scores'] },
    ]),
    key(400, 400, [
      { dot: { fill: INK.red }, words: ['the anchor’s vertex'] },
      { line: { stroke: INK.red, 'stroke-dasharray': '5 4' }, words: ['the one slope at which both stop'] },
    ]),
  ]);
}

/**
 * Share missed over clamped length, as λ grows through the scores of an organ: means over scans, by definition.
 * @param {readonly import('./cohort.mjs').Sample[]} samples @param {readonly import('./cohort.mjs').Profile[]} profiles
 * @param {number} organ label, whose region has its number
 * @returns {[cost: number, miss: number, lambda: number][]}
 */
function stepCurve(samples, profiles, organ) {
  const own = profiles.map(({ scores, offsets }) => scores.subarray(offsets[organ], offsets[organ + 1]));
  const lambdas = [...new Set([0, ...own.flatMap((scores) => [...scores])])].sort((a, b) => a - b);
  return lambdas.map((lambda) => {
    let [cost, miss] = [0, 0];
    samples.forEach(({ lower, upper, organs }, scan) => {
      const weight = 1 / profiles[scan].dimension / samples.length;
      miss += weight * (own[scan].length - firstAbove(own[scan], lambda, 0, own[scan].length));
      organs.forEach((group, voxel) => {
        if (group !== organ) return;
        cost += (weight * (Math.min(lambda, lower[voxel]) + Math.min(lambda, 1 - upper[voxel]))) / 2;
      });
    });
    return [cost, miss, lambda];
  });
}

/**
 * A vertex of the path must lie on the step curve of its organ.
 * @param {readonly [cost: number, miss: number, lambda: number]} vertex
 * @param {readonly (readonly [cost: number, miss: number, lambda: number])[]} steps
 */
function checkVertex([cost, miss, lambda], steps) {
  const step = steps.find((candidate) => candidate[2] === lambda);
  if (!step || Math.abs(step[0] - cost) > 1e-9 || Math.abs(step[1] - miss) > 1e-9) {
    throw new Error(
      `the vertex at λ = ${lambda} is not on the step curve: cost ${cost}, missed ${miss}, found ${step}`,
    );
  }
}
