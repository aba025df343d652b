// The built-in example: phantoms drawn and calibrated in the page.
import type { Example } from '../engine/index.ts';
import { engineOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { exampleCalibrations, lookedByPage, setLooked } from './store.ts';

/** Shows the example as soon as its first procedure is calibrated; the others follow. */
export async function openExample(): Promise<void> {
  if (lookedByPage.peek().example) return;
  await drawExample();
}

async function drawExample(): Promise<void> {
  const show = ({ calibrations, scan }: Example): void => {
    exampleCalibrations.value = calibrations;
    setLooked('example', lookedAt(scan, 'a phantom of the abdomen', engineOf('example'), drawExample));
  };
  const example = await work(
    'example',
    'Drawing and calibrating the example',
    (report) => engineOf('example').example({ ...report, first: show }),
    drawExample,
  );
  if (example) show(example);
}
