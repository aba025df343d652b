import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Patient } from '../patient.ts';
import type { Spine } from '../spine.ts';
import { drawColon, drawDuodenum, drawStomach } from './bowel.ts';
import { drawAdrenals, drawKidneys } from './kidneys.ts';
import { drawGallbladder, drawLiver } from './liver.ts';
import { drawMuscles } from './muscles.ts';
import { drawPancreas } from './pancreas.ts';
import { drawSpleen } from './spleen.ts';
import { Body, type OrganSet, type Tissue } from './tissue.ts';
import { drawVessels } from './vessels.ts';

/**
 * What the abdomen of a patient holds, in the order it is painted: later tissues cover earlier ones. In the frame of the
 * reference patient: mm, RAS, the origin in the middle of the trunk at the height of the first lumbar vertebra.
 */
export function furnish(
  patient: Patient,
  spine: Spine,
  organs: OrganSet,
  generator: RandomGenerator,
): Tissue[] {
  const body = new Body(patient, spine, generator);
  // All draw from one generator: another order here gives other patients.
  const muscles = drawMuscles(body);
  const colon = drawColon(body);
  const stomach = drawStomach(body);
  const duodenum = drawDuodenum(body, organs);
  const liver = drawLiver(body);
  const spleen = drawSpleen(body);
  const level = body.jitter(5);
  const kidneys = drawKidneys(body, level);
  const adrenals = drawAdrenals(body);
  const aortaX = -11 + body.jitter(2);
  const lift = body.jitter(5);
  const pancreas = drawPancreas(body, lift);
  const vessels = drawVessels(body, { aortaX, lift, level });
  const gallbladder = drawGallbladder(body);
  return [
    ...[...muscles, ...colon, ...liver, ...stomach, ...duodenum, ...spleen],
    ...[...kidneys, ...adrenals, ...pancreas, ...vessels, ...gallbladder],
  ];
}
