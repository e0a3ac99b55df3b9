import type { KeptByAccount } from './kept-by-account.ts';

/** The call that made an evaluation, as far as later reads need it. */
export interface Creation {
  readonly key: string | undefined;
  /** The words for reads. */
  readonly onRead: string;
}

/** The calls that made the newest evaluations, by the evaluation's id. */
export type Creations = KeptByAccount<Creation>;
