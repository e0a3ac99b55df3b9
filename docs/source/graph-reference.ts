import { readFileSync } from 'node:fs';
import {
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
  type TypeNode,
} from 'graphql';
import { table } from './table.ts';

const chapters = [
  { title: 'Queries and mutations', holds: (node) => isRoot(node) },
  { title: 'Objects', holds: (node) => node.kind === Kind.OBJECT_TYPE_DEFINITION && !isRoot(node) },
  { title: 'Unions', holds: (node) => node.kind === Kind.UNION_TYPE_DEFINITION },
  { title: 'Interfaces', holds: (node) => node.kind === Kind.INTERFACE_TYPE_DEFINITION },
  { title: 'Inputs', holds: (node) => node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION },
  { title: 'Enums', holds: (node) => node.kind === Kind.ENUM_TYPE_DEFINITION },
  { title: 'Scalars', holds: (node) => node.kind === Kind.SCALAR_TYPE_DEFINITION },
] as const satisfies { title: string; holds: (node: DefinitionNode) => boolean }[];

/** Every type of the published graph, with its own descriptions. */
export function graphReference(): string {
  const { definitions } = parse(readFileSync('schema/customer-evaluations.graphql', 'utf8'));
  const names = new Set(
    definitions.flatMap((node) => ('name' in node && node.name ? [node.name.value] : [])),
  );
  return chapters
    .map(({ title, holds }) => {
      const sections = definitions.filter(holds).map((node) => sectionOf(node, names));
      return sections.length === 0 ? '' : `## ${title}\n\n${sections.join('\n\n')}`;
    })
    .filter((chapter) => chapter !== '')
    .join('\n\n');
}

function isRoot(node: DefinitionNode): boolean {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION && ['Query', 'Mutation'].includes(node.name.value);
}

function sectionOf(node: DefinitionNode, names: ReadonlySet<string>): string {
  switch (node.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const exactlyOne = node.directives?.some(({ name }) => name.value === 'oneOf') === true;
      const fields: readonly (FieldDefinitionNode | InputValueDefinitionNode)[] = node.fields ?? [];
      return headed(
        node,
        `${exactlyOne ? 'Set exactly one field.\n\n' : ''}${table(
          ['field', 'type', ''],
          fields.map((field) => [signatureOf(field), typeLink(field.type, names), descriptionOf(field)]),
        )}`,
      );
    }
    case Kind.ENUM_TYPE_DEFINITION:
      return headed(
        node,
        table(
          ['value', ''],
          (node.values ?? []).map((value) => [`\`${value.name.value}\``, descriptionOf(value)]),
        ),
      );
    case Kind.UNION_TYPE_DEFINITION:
      return headed(node, (node.types ?? []).map((type) => typeLink(type, names)).join(' or '));
    case Kind.SCALAR_TYPE_DEFINITION:
      return headed(node, '');
    default:
      return '';
  }
}

interface Described {
  readonly name: { readonly value: string };
  readonly description?: { readonly value: string } | undefined;
}

function headed(node: Described, body: string): string {
  return [`### ${node.name.value}`, descriptionOf(node), body].filter((part) => part !== '').join('\n\n');
}

function signatureOf(field: FieldDefinitionNode | InputValueDefinitionNode): string {
  const parameters = 'arguments' in field ? (field.arguments ?? []) : [];
  const written = parameters.map(({ name, type }) => `${name.value}: ${print(type)}`).join(', ');
  return `\`${field.name.value}${written === '' ? '' : `(${written})`}\``;
}

function descriptionOf(node: Pick<Described, 'description'>): string {
  return node.description?.value ?? '';
}

function typeLink(type: TypeNode, names: ReadonlySet<string>): string {
  const written = print(type);
  const name = written.replaceAll(/[[\]!]/g, '');
  return names.has(name) ? `[\`${written}\`](#${name.toLowerCase()})` : `\`${written}\``;
}
