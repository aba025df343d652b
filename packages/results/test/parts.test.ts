import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  mergeParts,
  outputOf,
  type Part,
  readPartsState,
  type WholePlan,
  whileWriting,
} from '../src/index.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-parts-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const items = Array.from({ length: 10 }, (_, at) => `c-${at}`);
const plan: WholePlan = {
  command: 'prepare',
  digest: 'a'.repeat(64),
  noun: 'scans',
  items,
  details: { size: 1 },
};

/** A new output's place. */
let outputs = 0;
const newOut = () => join(root, `out-${outputs++}`);

/** Does a part whose work is to write a file for each item, and tells what was noted. */
async function doPart(
  out: string,
  part: Part,
  { own = plan, version = '1' }: { own?: WholePlan; version?: string } = {},
): Promise<string[]> {
  const notes: string[] = [];
  await whileWriting(out, part, { note: (note) => notes.push(note), version }, async (writer) => {
    mkdirSync(out, { recursive: true });
    const places = await writer!.begin(own);
    for (const place of places) writeFileSync(join(out, own.items[place]), 'done');
    await writer!.finish({ places }, places.length);
  });
  return notes;
}

const merge = (out: string) =>
  mergeParts(out, { note: () => {} }, async (whole, records) => ({
    whole,
    outcomes: records.map(({ outcome }) => outcome),
  }));

describe('parts of an output', () => {
  test.each([1, 2, 3, 7, 13])('%i of them are merged once all are done, whatever their order', async (of) => {
    const out = newOut();
    const order = Array.from({ length: of }, (_, at) => ((at * 5) % of) + 1).sort(
      (a, b) => (a % 3) - (b % 3),
    );
    for (const [at, index] of order.entries()) {
      if (at > 0 && order.slice(at).some((later) => later <= 10)) {
        await expect(merge(out)).rejects.toMatchObject({
          code: 'bad-input',
          message: expect.stringMatching(/lacks parts? /),
        });
      }
      await doPart(out, { index, of });
    }
    const { outcomes } = await merge(out);
    expect(outcomes.flatMap((outcome) => (outcome as { places: number[] }).places)).toEqual(
      items.map((_, at) => at),
    );
    expect(existsSync(`${out}.parts`)).toBe(false);
    expect(readdirSync(out).sort()).toEqual(items);
  });

  test('each says which items are its own, and which parts are missing', async () => {
    const out = newOut();
    expect(await doPart(out, { index: 2, of: 3 })).toEqual([
      'part 2 of 3: scans 5 to 7 of 10, c-4 … c-6; missing: parts 1–3',
      'part 2 of 3 is done; missing: parts 1, 3',
    ]);
    expect(await doPart(out, { index: 1, of: 3 })).toEqual([
      'part 1 of 3: scans 1 to 4 of 10, c-0 … c-3; missing: parts 1, 3',
      'part 1 of 3 is done; missing: part 3',
    ]);
    expect((await doPart(out, { index: 3, of: 3 })).at(-1)).toBe(
      `part 3 of 3 is done; all parts are done: semcrc merge ${out}`,
    );
  });

  test('more parts than items: the last have none, and none is missed', async () => {
    const out = newOut();
    const of = 12;
    expect(await doPart(out, { index: 12, of })).toEqual([
      'part 12 of 12: no scans, for there are 10; missing: parts 1–10',
    ]);
    for (let index = 1; index <= 10; index++) await doPart(out, { index, of });
    expect((await merge(out)).outcomes).toHaveLength(10);
  });

  test('the merge names what is missing, and leaves everything as it is', async () => {
    const out = newOut();
    await doPart(out, { index: 1, of: 4 });
    await doPart(out, { index: 3, of: 4 });
    const before = readdirSync(`${out}.parts`);
    await expect(merge(out)).rejects.toMatchObject({
      message: `${out} lacks parts 2, 4 of 4, that is 5 of 10 scans (c-3, c-4, c-5, c-8, c-9); run prepare with \`part\` 2/4 and so on, then merge again`,
      data: { missing: [2, 4], of: 4 },
    });
    expect(readdirSync(`${out}.parts`)).toEqual(before);
  });

  test.each<[string, Partial<WholePlan>, { version?: string; of?: number }, RegExp]>([
    ['another source', { digest: 'b'.repeat(64) }, {}, /their source or an option is another/],
    ['another option', { details: { size: 2 } }, {}, /an option or a path is another/],
    ['other scans', { items: [...items.slice(0, 9), 'x'] }, {}, /scans 10 was c-9, now x/],
    ['fewer scans', { items: items.slice(1) }, {}, /they have 10 scans, not 9/],
    ['another command', { command: 'predict' }, {}, /parts of prepare, not of predict/],
    ['another version', {}, { version: '2' }, /semcrc 1 began them, not 2/],
    ['another number of parts', {}, { of: 4 }, /they are 3 parts, not 4/],
  ])('a part of %s is refused', async (_, other, { version = '1', of = 3 }, message) => {
    const out = newOut();
    await doPart(out, { index: 1, of: 3 });
    const attempt = doPart(out, { index: 2, of }, { own: { ...plan, ...other }, version });
    await expect(attempt).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
    await doPart(out, { index: 2, of: 3 });
  });

  test('the whole is refused while it is written in parts, and a part of it while the whole is written', async () => {
    const out = newOut();
    await doPart(out, { index: 1, of: 3 });
    const whole = whileWriting(out, null, { note: () => {}, version: '1' }, async () => {});
    await expect(whole).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('is being written in parts'),
    });
    const other = newOut();
    await whileWriting(other, null, { note: () => {}, version: '1' }, async () => {
      await expect(doPart(other, { index: 1, of: 3 })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(`is being written by another semcrc (process ${process.pid}`),
      });
    });
    expect(existsSync(`${other}.parts`)).toBe(false);
  });

  test('the same part by two processes: the second is refused, and status shows the first', async () => {
    const out = newOut();
    await whileWriting(out, { index: 2, of: 3 }, { note: () => {}, version: '1' }, async (writer) => {
      await writer!.begin(plan);
      await expect(doPart(out, { index: 2, of: 3 })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/^part 2 of 3 of .* is being written by another semcrc/),
      });
      await doPart(out, { index: 1, of: 3 });
      const { parts } = await readPartsState(out);
      expect(parts.map(({ state }) => state)).toEqual(['done', 'running', 'missing']);
      expect(parts[1].remark).toMatch(`process ${process.pid} on `);
      await expect(merge(out)).rejects.toMatchObject({ code: 'usage' });
    });
    expect((await readPartsState(out)).parts.map(({ state }) => state)).toEqual([
      'done',
      'missing',
      'missing',
    ]);
  });

  test('records of another part, another whole or nothing are named, and none is taken for another', async () => {
    const out = newOut();
    for (const index of [1, 2]) await doPart(out, { index, of: 3 });
    copyFileSync(join(`${out}.parts`, 'part-1.json'), join(`${out}.parts`, 'part-3.json'));
    await expect(merge(out)).rejects.toThrow(/part-3\.json is the record of part 1 of 3, not of part 3 of 3/);
    expect((await readPartsState(out)).parts[2]).toMatchObject({ state: 'foreign' });
    writeFileSync(join(`${out}.parts`, 'part-3.json'), '{"schema":');
    await expect(merge(out)).rejects.toThrow(/is not a valid record of a part/);
    const other = newOut();
    for (const index of [1, 2, 3])
      await doPart(other, { index, of: 3 }, { own: { ...plan, digest: 'b'.repeat(64) } });
    copyFileSync(join(`${other}.parts`, 'part-3.json'), join(`${out}.parts`, 'part-3.json'));
    await expect(merge(out)).rejects.toThrow(/belongs to other parts/);
    rmSync(join(`${out}.parts`, 'part-3.json'));
    await doPart(out, { index: 3, of: 3 });
    writeFileSync(join(`${out}.parts`, 'part-9.json'), '{}');
    await expect(merge(out)).rejects.toThrow(/a record of part 9 stands there, but 3 parts have scans/);
    rmSync(join(`${out}.parts`, 'part-9.json'));
    await merge(out);
  });

  test('clocks that differ change nothing', async () => {
    const out = newOut();
    for (const [at, index] of [2, 1, 3].entries()) {
      await doPart(out, { index, of: 3 });
      const then = new Date(Date.UTC(1980 + 40 * at));
      for (const name of readdirSync(`${out}.parts`)) utimesSync(join(`${out}.parts`, name), then, then);
    }
    await merge(out);
  });

  test('files of the user beside the records stay', async () => {
    const out = newOut();
    for (const index of [1, 2, 3]) await doPart(out, { index, of: 3 });
    writeFileSync(join(`${out}.parts`, 'notes.txt'), 'mine');
    await merge(out);
    expect(readdirSync(`${out}.parts`)).toEqual(['notes.txt']);
  });

  test('a merge that was killed while it removed the records leaves nothing that is taken for a part', async () => {
    const out = newOut();
    for (const index of [1, 2, 3]) await doPart(out, { index, of: 3 });
    rmSync(join(`${out}.parts`, 'whole.json'));
    await doPart(out, { index: 2, of: 3 }, { own: { ...plan, digest: 'b'.repeat(64) } });
    expect(readdirSync(`${out}.parts`).sort()).toEqual(['part-2.json', 'whole.json']);
  });

  test('without parts, merge and status say what they expected', async () => {
    await expect(merge(join(root, 'none'))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('expected none.parts beside it'),
    });
    await expect(readPartsState(root)).rejects.toThrow('it has no parts');
    expect(outputOf('a/b.parts/')).toBe('a/b');
    expect(outputOf('a/b.zarr')).toBe('a/b.zarr');
  });

  test.skipIf(process.getuid?.() === 0)('status reads where nothing can be written', async () => {
    const out = newOut();
    await doPart(out, { index: 1, of: 2 });
    chmodSync(`${out}.parts`, 0o555);
    expect((await readPartsState(out)).parts.map(({ state }) => state)).toEqual(['done', 'missing']);
    chmodSync(`${out}.parts`, 0o755);
  });
});

// Eight processes begin at once: what all need is made once, no item is done twice, and none is left out.
test('parts that begin at the same moment take turns, and share nothing else', async () => {
  const out = newOut();
  const module = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const program = `
    import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
    import { whileWriting } from ${JSON.stringify(module)};
    const [out, index, plan] = [process.argv[1], Number(process.argv[2]), JSON.parse(process.argv[3])];
    await whileWriting(out, { index, of: 8 }, { note: () => {}, version: '1' }, async (writer) => {
      await writer.enter();
      if (!existsSync(out)) {
        mkdirSync(out);
        await new Promise((resolve) => setTimeout(resolve, 50));
        appendFileSync(out + '.log', 'begun ');
      }
      for (const place of await writer.begin(plan)) writeFileSync(out + '/' + plan.items[place], '', { flag: 'wx' });
      await writer.finish(null, 1);
    });
  `;
  const children = [3, 1, 8, 2, 7, 5, 4, 6].map(
    (index) =>
      new Promise((resolve) => {
        const args = ['--input-type=module', '-e', program, out, String(index), JSON.stringify(plan)];
        spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).on('exit', resolve);
      }),
  );
  expect(await Promise.all(children)).toEqual(children.map(() => 0));
  expect(readFileSync(`${out}.log`, 'utf8')).toBe('begun ');
  await merge(out);
  expect(readdirSync(out).sort()).toEqual(items);
});
