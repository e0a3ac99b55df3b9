import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Makes this process load the build with these texts replaced. Throws if the build does not have one of them. */
export function patchBuild(replacements: Readonly<Record<string, string>>): void {
  const chunks = readdirSync('dist').filter((name) => name.endsWith('.js'));
  const build = chunks.map((name) => readFileSync(`dist/${name}`, 'utf8')).join('\n');
  for (const text of Object.keys(replacements)) {
    if (!build.includes(text)) throw new Error(`the build has no place for the change: ${text}`);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.includes('/dist/') || loaded.source == null) return loaded;
      let source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      for (const [text, replacement] of Object.entries(replacements)) {
        source = source.replace(text, () => replacement);
      }
      return { ...loaded, source };
    },
  });
}
