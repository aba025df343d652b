// Reads just enough of the WebAssembly binary format to list the opcodes of every exported function's body.

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    if (this.at >= this.#bytes.length) throw new Error('read past the end of the module');
    return this.#bytes[this.at++];
  }

  /** A LEB128 number; signed ones are only skipped, so their value does not matter. */
  leb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  skip(count: number): void {
    this.at += count;
  }

  text(): string {
    const length = this.leb();
    this.skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }
}

/** Opcodes by exported function name; 0xfd (vector) and 0xfc (bulk memory) opcodes as prefix · 65536 + number. */
export function opcodesByExport(wasm: Uint8Array): Map<string, number[]> {
  const reader = new Reader(wasm, 8);
  const exported: [string, number][] = [];
  const bodies: number[][] = [];
  while (reader.at < wasm.length) {
    const section = reader.byte();
    const size = reader.leb();
    const end = reader.at + size;
    if (section === 7) {
      for (let left = reader.leb(); left > 0; left--) {
        const name = reader.text();
        const kind = reader.byte();
        const index = reader.leb();
        if (kind === 0) exported.push([name, index]);
      }
    } else if (section === 10) {
      for (let left = reader.leb(); left > 0; left--) bodies.push(readBody(reader));
    }
    reader.at = end;
  }
  // The modules import no function, so function indices are body indices.
  return new Map(exported.map(([name, index]) => [name, bodies[index]]));
}

function readBody(reader: Reader): number[] {
  const size = reader.leb();
  const end = reader.at + size;
  for (let groups = reader.leb(); groups > 0; groups--) {
    reader.leb();
    reader.byte();
  }
  const opcodes: number[] = [];
  while (reader.at < end) opcodes.push(readInstruction(reader));
  if (reader.at !== end || opcodes.at(-1) !== 0x0b) throw new Error('lost the thread of a function body');
  return opcodes;
}

function readInstruction(reader: Reader): number {
  const opcode = reader.byte();
  if (opcode === 0xfd) return 0xfd0000 + readVector(reader);
  if (opcode === 0xfc) return 0xfc0000 + readBulk(reader);
  if (opcode >= 0x28 && opcode <= 0x3e) {
    reader.leb();
    reader.leb();
  } else if (opcode === 0x0e) {
    for (let left = reader.leb() + 1; left > 0; left--) reader.leb();
  } else if (opcode === 0x11) {
    reader.leb();
    reader.leb();
  } else if (opcode === 0x43) {
    reader.skip(4);
  } else if (opcode === 0x44) {
    reader.skip(8);
  } else if (WITH_ONE_NUMBER.has(opcode)) {
    reader.leb();
  }
  return opcode;
}

/** block, loop, if, br, br_if, call, local and global access, memory.size and grow, i32 and i64 constants. */
const WITH_ONE_NUMBER = new Set([
  0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3f, 0x40, 0x41, 0x42,
]);

function readVector(reader: Reader): number {
  const number = reader.leb();
  if (number <= 11 || number === 92 || number === 93) {
    reader.leb();
    reader.leb();
  } else if (number === 12 || number === 13) {
    reader.skip(16);
  } else if (number >= 21 && number <= 34) {
    reader.skip(1);
  } else if (number >= 84 && number <= 91) {
    reader.leb();
    reader.leb();
    reader.skip(1);
  }
  return number;
}

function readBulk(reader: Reader): number {
  const number = reader.leb();
  if (number === 8) {
    reader.leb();
    reader.leb();
  } else if (number === 9 || number === 11) {
    reader.leb();
  } else if (number === 10) {
    reader.leb();
    reader.leb();
  } else if (number > 11) {
    throw new Error(`unexpected bulk opcode ${number}`);
  }
  return number;
}
