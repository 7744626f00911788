import type { Sync } from '../api/client.ts';

export type Evidence = NonNullable<Sync['evidence']>;

/** How something is known. */
export const EVIDENCE: Record<Evidence, { label: string; meaning: string }> = {
  OBSERVED: { label: 'Observed', meaning: 'the platform was read' },
  ANSWERED: { label: 'Answered', meaning: 'the answer of the platform proves it' },
  REPORTED: { label: 'Reported', meaning: 'another system says so' },
};

/** Two sentences: what is so, and how that is known. */
export function withEvidence(sentence: string, evidence: Evidence | null): string {
  return evidence === null ? sentence : `${sentence} ${evidenceSentence(evidence)}`;
}

export function evidenceSentence(evidence: Evidence): string {
  const { label, meaning } = EVIDENCE[evidence];
  return `${label}: ${meaning}.`;
}
