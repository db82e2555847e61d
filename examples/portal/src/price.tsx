// A price, or why it's hidden.

import { useHidden } from "@crossgate/client/react";

interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** The price in `field` of an object. Hidden prices say why, in words that everybody can read, not only on hovering. */
export function Price({ of, field, money }: { of: object; field: string; money: Money | null | undefined }) {
  const hidden = useHidden(of, field);
  if (money) return <span className="price">{format(money)}</span>;
  if (!hidden) return <span>None</span>;
  return (
    <span className="hidden-price">
      Hidden <span className="small">{hidden.sentence}</span>
    </span>
  );
}

function format({ amount, currency }: Money): string {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(Number(amount));
}
