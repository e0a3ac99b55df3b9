/*
 * Loaded into a gateway's process before the gateway (`node --import`), so that a test can move its clocks. Timers go
 * on as they were.
 */

/** How far the clocks of a process are ahead of the machine's. */
export interface ClockShift {
  /** What `Date` tells. */
  readonly wallMs: number;
  /** What `performance.now()` tells. It only ever goes forwards. */
  readonly monotonicMs: number;
}

let shift: ClockShift = { wallMs: 0, monotonicMs: 0 };
const RealDate = Date;
const realNow = performance.now.bind(performance);

// biome-ignore lint/suspicious/noGlobalAssign: the purpose of this file
Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
  get: (target, name) =>
    name === 'now' ? () => target.now() + shift.wallMs : Reflect.get(target, name, target),
});
performance.now = () => realNow() + shift.monotonicMs;

process.on('message', (message: ClockShift) => {
  shift = message;
  process.send?.('shifted');
});
// The channel to the test must not keep a process alive that should exit.
process.channel?.unref();
