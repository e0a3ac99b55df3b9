/** How long and how often each mode measures. */
export interface Scale {
  readonly warmUpSeconds: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly steadySeconds: number;
  readonly starts: number;
}

// V8 compiles on the same core. After a short warm-up that is a fifth of the measured CPU.
export const full: Scale = { warmUpSeconds: 30, rounds: 5, roundSeconds: 10, steadySeconds: 30, starts: 9 };
export const quick: Scale = { warmUpSeconds: 8, rounds: 2, roundSeconds: 4, steadySeconds: 8, starts: 3 };
