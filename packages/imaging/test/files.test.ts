import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AtomicFile,
  checkOutput,
  commitTogether,
  kindOfResult,
  readNiftiHeader,
  readTextFile,
  readTextFileSync,
  replacesKind,
  writeFileAtomic,
  writeFolderAtomic,
} from '../src/node.ts';
import { expectRefusal, scratch } from './craft.ts';

const { folder } = scratch();
let made = 0;
/** An empty folder. */
function fresh(): string {
  const path = join(folder, `f${made++}`);
  mkdirSync(path);
  return path;
}
/** What stands in a folder, with its content. */
const tree = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]));

describe('a file written atomically', () => {
  it('has its whole content, and nothing stands beside it', async () => {
    const home = fresh();
    await writeFileAtomic(join(home, 'a.txt'), 'ü\n');
    await writeFileAtomic(join(home, 'b.bin'), Uint8Array.of(98));
    await writeFileAtomic(join(home, 'a.txt'), 'new');
    expect(tree(home)).toEqual({ 'a.txt': 'new', 'b.bin': 'b' });
  });

  it('may be written by many at once: the last whole one stands', async () => {
    const home = fresh();
    const contents = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(1000));
    await Promise.all(contents.map((content) => writeFileAtomic(join(home, 'a'), content)));
    const { a = '', ...rest } = tree(home);
    expect(contents).toContain(a);
    expect(rest).toEqual({});
  });

  it('clears away what killed writers left, of an earlier process of the same number too, and nothing else', async () => {
    const home = fresh();
    writeFileSync(join(home, '.a.2147483646.0123abcd.partial'), '');
    writeFileSync(join(home, '.a.2147483646.partial'), '');
    writeFileSync(join(home, `.a.${process.pid}.0123abcd.partial`), '');
    utimesSync(join(home, `.a.${process.pid}.0123abcd.partial`), 1, 1);
    const others = [
      '.a.notes.partial',
      `.a.${process.pid}.00000001.partial`,
      `.a.${process.ppid}.00000001.partial`,
      '.b.2147483646.partial',
    ];
    for (const name of others) writeFileSync(join(home, name), '');
    await writeFileAtomic(join(home, 'a'), 'x');
    expect(readdirSync(home).sort()).toEqual([...others, 'a'].sort());
  });

  it('leaves nothing when it is given up', async () => {
    const home = fresh();
    const file = await AtomicFile.create(join(home, 'a'));
    await file.write(Uint8Array.of(1));
    await file.discard();
    await file.discard();
    expect(tree(home)).toEqual({});
  });
});

describe('what an output must leave alone', () => {
  it('is every input, by whatever name it is called', async () => {
    const home = fresh();
    writeFileSync(join(home, 'in'), 'dear');
    symlinkSync(home, join(home, 'self'));
    linkSync(join(home, 'in'), join(home, 'twin'));
    for (const name of ['in', 'self/in', 'twin']) {
      await expectRefusal(
        writeFileAtomic(join(home, name), 'x', { inputs: [join(home, 'gone'), join(home, 'in')] }),
        'usage',
        /is an input/,
      );
    }
    expect(readFileSync(join(home, 'in'), 'utf8')).toBe('dear');
  });

  it('is a link and what it leads to, a folder, a FIFO, a device and a socket', async () => {
    const home = fresh();
    writeFileSync(join(home, 'target'), 'dear');
    symlinkSync(join(home, 'target'), join(home, 'link'));
    symlinkSync(join(home, 'nowhere'), join(home, 'dangling'));
    mkdirSync(join(home, 'folder'));
    execFileSync('mkfifo', [join(home, 'fifo')]);
    const server = createServer().listen(join(home, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await expectRefusal(writeFileAtomic(join(home, 'link'), 'x'), 'usage', /is a link to .*target/);
    await expectRefusal(writeFileAtomic(join(home, 'dangling'), 'x'), 'usage', /is a link to .*nowhere/);
    for (const kind of ['folder', 'fifo', 'socket']) {
      await expectRefusal(
        writeFileAtomic(join(home, kind), 'x'),
        'bad-input',
        new RegExp(`it is a ${kind}`, 'i'),
      );
    }
    await expectRefusal(writeFileAtomic('/dev/null', 'x'), 'bad-input', /it is a device/);
    await new Promise((resolve) => server.close(resolve));
    expect(readFileSync(join(home, 'target'), 'utf8')).toBe('dear');
    expect(existsSync(join(home, 'nowhere'))).toBe(false);
  });

  it('is what its caller does not give up: results of another kind, and files that are no results', async () => {
    const home = fresh();
    const path = join(home, 'a.json');
    const rules = { mayReplace: replacesKind('semcrc/calibration') };
    const write = () => writeFileAtomic(path, '{"schema":"semcrc/calibration@2"}', rules);
    await write();
    await write();
    expect(kindOfResult(path)).toBe('semcrc/calibration');
    for (const other of ['{"schema":"semcrc/evaluation@1"}', '{}', '[]', 'null', 'scan,truth\n', '']) {
      writeFileSync(path, other);
      await expectRefusal(write(), 'usage', /exists and is not a result of this kind/);
      expect(() => checkOutput(path, rules)).toThrow(
        expect.objectContaining({ data: { file: path, options: ['force'] } }),
      );
      expect(readFileSync(path, 'utf8')).toBe(other);
    }
  });
});

describe('files put in place together', () => {
  it('all stand, or none does and the old ones stand again', async () => {
    const home = fresh();
    writeFileSync(join(home, 'a'), 'old a');
    const begin = async (name: string) => {
      const file = await AtomicFile.create(join(home, name));
      await file.write(new TextEncoder().encode(`new ${name}`));
      return file;
    };
    const files = [await begin('a'), await begin('b'), await begin('c')];
    mkdirSync(join(home, 'c'));
    await expectRefusal(commitTogether(files), 'bad-input', /cannot write .*c/);
    expect(readdirSync(home).sort()).toEqual(['a', 'c']);
    expect(readFileSync(join(home, 'a'), 'utf8')).toBe('old a');

    await commitTogether([await begin('a'), await begin('b')]);
    expect(readdirSync(home).sort()).toEqual(['a', 'b', 'c']);
    expect([readFileSync(join(home, 'a'), 'utf8'), readFileSync(join(home, 'b'), 'utf8')]).toEqual([
      'new a',
      'new b',
    ]);
  });

  it('in a folder of their own stand with the folder, which replaces an older one', async () => {
    const home = fresh();
    const path = join(home, 'scan');
    await writeFolderAtomic(path, [['x', 'old']]);
    await writeFolderAtomic(path, [['y', 'new']]);
    expect(tree(path)).toEqual({ y: 'new' });
    await expectRefusal(writeFolderAtomic(path, [['no/such', 'x']]), 'bad-input', /cannot write/);
    expect([readdirSync(home), tree(path)]).toEqual([['scan'], { y: 'new' }]);
  });
});

describe('what is read', () => {
  it('is a regular file: folders, FIFOs, devices and sockets are refused at once, none is waited for', async () => {
    const home = fresh();
    const fifo = join(home, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const [path, kind] of [
      [fifo, 'FIFO'],
      ['/dev/zero', 'device'],
      [home, 'folder'],
    ] as const) {
      await expectRefusal(readNiftiHeader(path), 'bad-input', new RegExp(`expected a file, found a ${kind}`));
      await expectRefusal(readTextFile(path), 'bad-input', new RegExp(`found a ${kind}`));
      expect(() => readTextFileSync(path)).toThrow(`found a ${kind}`);
    }
    await expectRefusal(readTextFile(join(home, 'none')), 'bad-input', /no such file/);
  });

  it('is no longer than its limit where it is text', async () => {
    const path = join(fresh(), 'a.csv');
    writeFileSync(path, 'ab€');
    expect([await readTextFile(path, { limit: 5 }), readTextFileSync(path, { limit: 5 })]).toEqual([
      'ab€',
      'ab€',
    ]);
    await expectRefusal(
      readTextFile(path, { limit: 4 }),
      'bad-input',
      /has 5 bytes, expected a text of at most 4/,
    );
    expect(() => readTextFileSync(path, { limit: 4 })).toThrow(/has 5 bytes/);
  });
});
