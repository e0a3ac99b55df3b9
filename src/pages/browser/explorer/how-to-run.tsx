import type { PageInfo } from '../../page-info.ts';

/** Shown in place of the response until there is one; then the style sheet hides it. */
export function HowToRun({ mode }: Pick<PageInfo, 'mode'>) {
  return (
    <section className="how-to-run" aria-label="How to run an operation">
      <p>
        <strong>The response appears here.</strong> Press <span aria-hidden="true">▶ </span>
        <em>Execute query</em>
        <span className="shortcut">
          , or <kbd>Ctrl</kbd> <kbd>Enter</kbd> in the operation (<kbd>⌘</kbd> <kbd>Enter</kbd> on a Mac)
        </span>
        .
      </p>
      {mode === 'sandbox' ? (
        <p>
          Every tab is ready to run. For another score, change the Radar Session in <em>Variables</em>:{' '}
          <code>rse_sandbox_highest</code>, <code>rse_sandbox_low</code>.
        </p>
      ) : (
        <p>
          First fill in the ids in <em>Variables</em>, with a Radar Session that Stripe.js made on your page.
        </p>
      )}
      <p>The book icon opens the documentation of every type and field.</p>
    </section>
  );
}
