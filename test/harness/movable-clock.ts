/*
 * Loaded into a gateway's process before the gateway (`node --import`), so that a test can move its clocks. Timers are
 * unaffected.
 */

/** How far the clocks of the process are ahead of the machine's. */
export interface ClockShift {
  /** Added to `Date`. */
  readonly wallMs: number;
  /** Added to `performance.now()`, which never goes backwards. */
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
// The channel to the test must not keep the process alive.
process.channel?.unref();
