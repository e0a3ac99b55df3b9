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

  it('passes, and says nothing of danger, when a nullable field of an answer is added', () => {
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
      named: 'CustomerEvaluation.livemode was removed',
    },
    {
      what: 'a required input field is added',
      change: (sdl: string) => sdl.replace('  ip: String!\n', '  ip: String!\n  port: Int!\n'),
      named: 'port on input type EvaluationClientDataInput was added',
    },
    {
      what: 'an enum value is removed',
      change: (sdl: string) =>
        sdl.replace(/(enum CustomerEvaluationReportedStatus \{[^}]*?)ALLOWED/, '$1LET_IN'),
      named: 'ALLOWED was removed from enum type CustomerEvaluationReportedStatus',
    },
    {
      what: 'an input becomes @oneOf',
      change: (sdl: string) =>
        sdl.replace('input EvaluationCustomerDataInput {', 'input EvaluationCustomerDataInput @oneOf {'),
      named: 'EvaluationCustomerDataInput became @oneOf',
    },
    {
      what: 'an entity loses its key',
      change: (sdl: string) => sdl.replace('@cost(weight: 10) @key(fields: "id")', '@cost(weight: 10)'),
      named: 'CustomerEvaluation lost @key(fields: "id")',
    },
  ])('fails when $what', ({ change, named }) => {
    const { passed, output } = diff(change);
    expect(passed).toBe(false);
    expect(output).toContain('breaking: ');
    expect(output).toContain(named);
  });

  it.each([
    {
      what: 'an enum of answers gets a value',
      change: (sdl: string) => sdl.replace('  NOT_ASSESSED\n', '  NOT_ASSESSED\n  VOLCANIC\n'),
      named: 'VOLCANIC was added to enum type CustomerEvaluationRiskLevel',
    },
    {
      what: 'the union gets a member',
      change: (sdl: string) => sdl.replace('= LoginSignals |', '= AccountSharingSignal | LoginSignals |'),
      named: 'AccountSharingSignal was added to union type Signals',
    },
    {
      what: 'an optional input field is added',
      change: (sdl: string) => sdl.replace('  ip: String!\n', '  ip: String!\n  port: Int\n'),
      named: 'port on input type EvaluationClientDataInput was added',
    },
    {
      what: 'an input is @oneOf no more',
      change: (sdl: string) =>
        sdl.replace('EvaluationCustomerDetailsInput @oneOf', 'EvaluationCustomerDetailsInput'),
      named: 'EvaluationCustomerDetailsInput is no longer @oneOf',
    },
    {
      what: 'an input field gets a default',
      change: (sdl: string) => sdl.replace('  referrer: String\n', '  referrer: String = "none"\n'),
      named: 'EvaluationClientDataInput.referrer changed its default value',
    },
  ])('passes and names the danger when $what', ({ change, named }) => {
    const { passed, output } = diff(change);
    expect(passed).toBe(true);
    expect(output).toContain('dangerous: ');
    expect(output).toContain(named);
  });
});
