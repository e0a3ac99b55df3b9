/*
 * Loaded into a gateway's process before the gateway (`node --import ./test/prepared/planted-difference.ts?alias`):
 * plants a mistake of the named kind in its plans, to show that the differential test would find it.
 */
import { patchBuild } from './patch-build.ts';

/** The text in the build's chunks, and its replacement with the mistake. */
const differences: Readonly<Record<string, readonly [right: string, wrong: string]>> = {
  null: [
    'value == null ? "null" : write(value, permissions)',
    'value == null ? "0" : write(value, permissions)',
  ],
  alias: ['selection.alias?.value ?? selection.name.value', 'selection.name.value'],
  coercion: [': [coerce(value)]', ': coerce(value)'],
  'unknown field': ['if (found !== Object.keys(given).length) bailOut();', ''],
  right: ['if (!permissions.may(scope)) bailOut();', ''],
  status: ['operationRan("plan");', 'operationRan("plan"); reply.code(201);'],
  'log field': ['name: operationNameForLog(operation.name?.value)', 'name: void 0'],
  'second call': ['context[replay]?.root', 'void 0'],
};

const kind = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const [right, wrong] = differences[kind] ?? [];
if (right === undefined || wrong === undefined) throw new Error(`no such difference: ${kind}`);
patchBuild({ [right]: wrong });
