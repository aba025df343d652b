// The built-in example: phantoms drawn and calibrated in the page.
import { scanEngine, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { exampleCalibrations, lookedByPage, setLooked } from './store.ts';

export async function openExample(): Promise<void> {
  if (lookedByPage.value.example) return;
  const engine = scanEngine();
  const example = await work('example', 'Drawing and calibrating the example', (report) =>
    engine.example(report),
  );
  if (!example) return;
  exampleCalibrations.value = example.calibrations;
  setLooked('example', lookedAt(example.scan, 'a phantom of the abdomen', engine));
}
