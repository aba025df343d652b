// The built-in example: a phantom under calibrations that came with the page, and that the page can make again.
import { engineOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { exampleCalibrations, exampleMadeHere, lookedByPage, setLooked } from './store.ts';

export async function openExample(): Promise<void> {
  if (lookedByPage.peek().example) return;
  await drawExample();
}

async function drawExample(): Promise<void> {
  const example = await work(
    'example',
    'Drawing the example',
    () => engineOf('example').example(),
    drawExample,
  );
  if (!example) return;
  exampleCalibrations.value = example.calibrations;
  setLooked('example', lookedAt(example.scan, 'a phantom of the abdomen', engineOf('example'), drawExample));
}

/** Draws the example's cohort and calibrates on it, here, and compares with what came with the page. */
export async function calibrateExample(): Promise<void> {
  exampleMadeHere.value = null;
  const start = performance.now();
  const made = await work(
    'example',
    'Drawing phantoms and calibrating on them',
    (report) => engineOf('example').calibrateExample(report),
    calibrateExample,
  );
  if (!made) return;
  const shipped = exampleCalibrations.peek();
  const same = made.length === shipped.length && made.every(({ text }, at) => text === shipped[at].text);
  exampleMadeHere.value = { seconds: (performance.now() - start) / 1e3, same };
}
