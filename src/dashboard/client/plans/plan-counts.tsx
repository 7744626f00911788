import { formatCount } from '../ui/format.ts';

interface Counts {
  create: number;
  update: number;
  delete: number;
}

/** `+3 ~5 −0, 2 breaking`. */
export function PlanCounts({ of, breaking }: { of: Counts; breaking?: number }) {
  const words = `${of.create} created, ${of.update} updated, ${of.delete} deleted`;
  return (
    <span title={words} style={{ whiteSpace: 'nowrap' }}>
      <strong>
        +{formatCount(of.create)} ~{formatCount(of.update)} −{formatCount(of.delete)}
      </strong>
      {breaking !== undefined && `, ${formatCount(breaking)} breaking`}
    </span>
  );
}
