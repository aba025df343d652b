// What one source file imports and which Node globals it names, read from its syntax tree.
import { parseSync } from 'vite';

/** @typedef {{ specifier: string, kind: 'value' | 'type' | 'dynamic', line: number }} Import */
/** @typedef {{ imports: Import[], nodeGlobals: { name: string, line: number }[] }} Source */

const NODE_GLOBALS = new Set(['Buffer', 'process', 'require', '__dirname', '__filename', 'setImmediate']);

/**
 * @param {string} file name with extension, for the parser and for messages
 * @param {string} text
 * @returns {Source}
 */
export function readSource(file, text) {
  const { program, module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const lineOf = lineFinder(text);
  /** @type {Import[]} */
  const imports = [];
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typesOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    imports.push({ specifier: moduleRequest.value, kind: typesOnly ? 'type' : 'value', line: lineOf(start) });
  }
  for (const { entries, start } of module.staticExports) {
    const from = entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : []));
    const typesOnly = entries.every((entry) => entry.isType);
    for (const specifier of new Set(from)) {
      imports.push({ specifier, kind: typesOnly ? 'type' : 'value', line: lineOf(start) });
    }
  }

  /** @type {{ name: string, line: number }[]} */
  const named = [];
  /** @type {Set<string>} */
  const declared = new Set();
  walk(program, (node, key, parent) => {
    if (node.type === 'ImportExpression' && node.source.type === 'Literal') {
      imports.push({ specifier: node.source.value, kind: 'dynamic', line: lineOf(node.start) });
    }
    if (node.type === 'TSImportType') {
      const specifier = node.source?.value ?? node.argument?.literal?.value;
      if (specifier) imports.push({ specifier, kind: 'type', line: lineOf(node.start) });
    }
    if (node.type !== 'Identifier' || !NODE_GLOBALS.has(node.name)) return;
    if (isDeclaration(key)) declared.add(node.name);
    else if (!isPropertyName(key, parent)) named.push({ name: node.name, line: lineOf(node.start) });
  });
  return { imports, nodeGlobals: named.filter(({ name }) => !declared.has(name)) };
}

/**
 * The names a file exports, sorted, types marked as such (`type Volume`); `export *` shows as `*`.
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
export function exportedNames(file, text) {
  const names = parseSync(file, text).module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName, isType }) => `${isType ? 'type ' : ''}${exportName.name ?? '*'}`),
  );
  return names.sort((a, b) => Number(a.replace('type ', '') > b.replace('type ', '')) * 2 - 1);
}

/** @param {string} text @returns {(offset: number) => number} the 1-based line an offset stands in */
function lineFinder(text) {
  return (offset) => text.slice(0, offset).split('\n').length;
}

/** @typedef {{ type: string, start: number, [key: string]: any }} Node */

/**
 * Calls `visit` for every node below `node`, with the key it hangs on and its parent.
 * @param {any} node
 * @param {(node: Node, key: string, parent: Node | undefined) => void} visit
 * @param {string} key
 * @param {Node} [parent]
 */
function walk(node, visit, key = '', parent = undefined) {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit, key, parent);
  } else if (node && typeof node === 'object' && typeof node.type === 'string') {
    visit(node, key, parent);
    for (const [childKey, child] of Object.entries(node)) {
      if (child && typeof child === 'object') walk(child, visit, childKey, node);
    }
  }
}

/** @param {string} key @param {Node | undefined} parent */
function isPropertyName(key, parent) {
  if (parent?.type === 'MemberExpression' && key === 'property' && !parent.computed) {
    return parent.object.name !== 'globalThis';
  }
  return key === 'key' && !parent?.computed && !parent?.shorthand;
}

/** @param {string} key */
function isDeclaration(key) {
  return key === 'id' || key === 'params' || key === 'local';
}
