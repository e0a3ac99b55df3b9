import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const published = readFileSync('schema/customer-evaluations.graphql', 'utf8');

describe('`npm run schema:diff`', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schema-diff-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function diff(change: (sdl: string) => string): { passed: boolean; output: string } {
    const changed = change(published);
    expect(changed).not.toBe(published);
    const file = join(folder, 'changed.graphql');
    writeFileSync(file, changed);
    const { status, stdout } = spawnSync(
      process.execPath,
      ['schema/diff.ts', 'schema/customer-evaluations.graphql', file],
      { encoding: 'utf8' },
    );
    return { passed: status === 0, output: stdout };
  }

  it('`npm run schema:diff` passes without a warning when a nullable output field is added', () => {
    const { passed, output } = diff((sdl) =>
      sdl.replace('  livemode: Boolean!', '  livemode: Boolean!\n  extra: Int'),
    );
    expect(passed).toBe(true);
    expect(output).toMatch(/^Nothing in /);
  });

  it.each([
    {
      what: 'a field is removed',
      change: (sdl: string) => sdl.replace(/ {2}"""[^"]*"""\n {2}livemode: Boolean!\n/, ''),
      named:
        "CustomerEvaluation.livemode: Field 'livemode' was removed from object type 'CustomerEvaluation'",
    },
    {
      what: 'a required input field is added',
      change: (sdl: string) => sdl.replace('  ip: String!\n', '  ip: String!\n  port: Int!\n'),
      named: "Input field 'port' of type 'Int!' was added to input object type 'EvaluationClientDataInput'",
    },
    {
      what: 'an enum value is removed',
      change: (sdl: string) =>
        sdl.replace(/(enum CustomerEvaluationReportedStatus \{[^}]*?)ALLOWED/, '$1LET_IN'),
      named: "Enum value 'ALLOWED' was removed from enum 'CustomerEvaluationReportedStatus'",
    },
    {
      what: 'an input becomes @oneOf',
      change: (sdl: string) =>
        sdl.replace('input EvaluationCustomerDataInput {', 'input EvaluationCustomerDataInput @oneOf {'),
      named: "Directive 'oneOf' was added to input object 'EvaluationCustomerDataInput'",
    },
    {
      what: 'an entity loses its key',
      change: (sdl: string) => sdl.replace('@cost(weight: 10) @key(fields: "id")', '@cost(weight: 10)'),
      named: "Directive 'key' was removed from object 'CustomerEvaluation'",
    },
    {
      what: 'an entity has another key',
      change: (sdl: string) => sdl.replace('@key(fields: "id") {', '@key(fields: "livemode") {'),
      named: "CustomerEvaluation.@key.fields: Argument 'fields' was removed from '@key'",
    },
    {
      what: 'an entity is not resolved by its key any more',
      change: (sdl: string) => sdl.replace('@key(fields: "id") {', '@key(fields: "id", resolvable: false) {'),
      named: "CustomerEvaluation.@key.resolvable: Argument 'resolvable' was added to '@key'",
    },
    {
      what: 'a field is hidden from the supergraph’s clients',
      change: (sdl: string) => sdl.replace('  livemode: Boolean!', '  livemode: Boolean! @inaccessible'),
      named: "Directive 'inaccessible' was added to field 'CustomerEvaluation.livemode'",
    },
    {
      what: 'a field needs a scope that it did not need',
      change: (sdl: string) =>
        sdl.replace('  livemode: Boolean!', '  livemode: Boolean! @requiresScopes(scopes: [["mode:read"]])'),
      named: "Directive 'requiresScopes' was added to field 'CustomerEvaluation.livemode'",
    },
    {
      what: 'an enum of inputs and outputs gets a value, which neighbours that declare it lack',
      change: (sdl: string) =>
        sdl.replace(/(enum CustomerEvaluationEventType \{[^}]*?)( {2}LOGIN\n)/, '$1$2  PURCHASE\n'),
      named: "Enum value 'PURCHASE' was added to enum 'CustomerEvaluationEventType'",
    },
  ])('`npm run schema:diff` fails when $what', ({ change, named }) => {
    const { passed, output } = diff(change);
    expect(passed).toBe(false);
    expect(output).toContain('breaking: ');
    expect(output).toContain(named);
  });

  it.each([
    {
      what: 'an enum of answers gets a value',
      change: (sdl: string) => sdl.replace('  NOT_ASSESSED\n', '  NOT_ASSESSED\n  VOLCANIC\n'),
      named: "Enum value 'VOLCANIC' was added to enum 'CustomerEvaluationRiskLevel'",
    },
    {
      what: 'the union gets a member',
      change: (sdl: string) => sdl.replace('= LoginSignals |', '= AccountSharingSignal | LoginSignals |'),
      named: "Member 'AccountSharingSignal' was added to Union type 'Signals'",
    },
    {
      what: 'an optional input field is added',
      change: (sdl: string) => sdl.replace('  ip: String!\n', '  ip: String!\n  port: Int\n'),
      named: "Input field 'port' of type 'Int' was added to input object type 'EvaluationClientDataInput'",
    },
    {
      what: 'an input is @oneOf no more',
      change: (sdl: string) =>
        sdl.replace('EvaluationCustomerDetailsInput @oneOf', 'EvaluationCustomerDetailsInput'),
      named: "Directive 'oneOf' was removed from input object 'EvaluationCustomerDetailsInput'",
    },
    {
      what: 'an input field gets a default',
      change: (sdl: string) => sdl.replace('  referrer: String\n', '  referrer: String = "none"\n'),
      named:
        "EvaluationClientDataInput.referrer: Input field 'EvaluationClientDataInput.referrer' default value changed",
    },
    {
      what: 'a field loses a tag that a contract may select it by',
      change: (sdl: string) =>
        sdl.replace(
          'status: CustomerEvaluationStatus @tag(name: "risk")',
          'status: CustomerEvaluationStatus',
        ),
      named: "Directive 'tag' was removed from field 'CustomerEvaluation.status'",
    },
    {
      what: 'an entity has a further key',
      change: (sdl: string) =>
        sdl.replace('@key(fields: "id") {', '@key(fields: "id") @key(fields: "livemode") {'),
      named: "Directive 'key' was added to object 'CustomerEvaluation'",
    },
  ])('`npm run schema:diff` passes with a warning when $what', ({ change, named }) => {
    const { passed, output } = diff(change);
    expect(passed).toBe(true);
    expect(output).toContain('dangerous: ');
    expect(output).toContain(named);
  });
});
