import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The most bytes resident in a process of its own, Node's some 60 MB included, while it runs a piece of a module: what other tests left
 * behind does not count.
 *
 * @param body of the module, with everything of `@semcrc/imaging/node` as `node` and the file as `path`
 */
export function peakMemory(body: string, path: string): number {
  const script = `
    import { readFileSync } from 'node:fs';
    import * as node from '@semcrc/imaging/node';
    const path = process.argv[1];
    ${body}
    console.log(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script, path], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  });
  return 1024 * Number(printed);
}
