// Copies the networks that ship with this package, and their records, to where its entries name them.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../models/networks/', import.meta.url));
const to = fileURLToPath(new URL('../dist/models/', import.meta.url));
mkdirSync(to, { recursive: true });
for (const name of readdirSync(from)) copyFileSync(from + name, to + name);
