import { useSearchParams } from 'wouter';

const NAMES = ['environment', 'at', 'state', 'drift', 'accepted', 'with', 'otherEnvironment', 'otherAt'] as const;
type Name = (typeof NAMES)[number];
export type LiveQuestion = Partial<Record<Name, string>>;

/** What the page asks for, as it stands in the address, so that it can be shared. */
export function useLiveAddress(): { asked: LiveQuestion; change: (changes: LiveQuestion) => void } {
  const [params, setParams] = useSearchParams();
  const asked = Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? undefined])) as LiveQuestion;
  const change = (changes: LiveQuestion) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  return { asked, change };
}
