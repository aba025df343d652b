// Draws scans of the paper-sized cohort and writes them into a begun store: the workbench of generation threads.
import { writeScan } from '@semcrc/cohort/node';
import { serveNodeThread } from '@semcrc/runner/node';
import { paperSizedSource } from '@semcrc/simulate';

let session;
let source;

serveNodeThread({
  async begin(next) {
    session = next;
    source = paperSizedSource({ scans: next.scans });
  },
  async perform(_kind, id) {
    const { point: _point, ...sample } = await source.read(id);
    await writeScan(session.path, id, { state: 'kept', sample });
    return null;
  },
});
