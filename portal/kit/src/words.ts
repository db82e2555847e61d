// Words and formats of a locale. Each language is a module of its own, so a page loads only the one it shows.

type Catalogue = Readonly<Record<string, string>>;

const CATALOGUES: Record<string, () => Promise<{ default: Catalogue }>> = {
  ar: () => import("./words/ar.json"),
  de: () => import("./words/de.json"),
  en: () => import("./words/en.json"),
  es: () => import("./words/es.json"),
  fr: () => import("./words/fr.json"),
  it: () => import("./words/it.json"),
};
const RIGHT_TO_LEFT = ["ar"];

export type Values = Readonly<Record<string, string | number>>;

export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Load the words for a locale, or the English ones if there are none for its language. */
export async function loadWords(locale: string): Promise<Words> {
  const language = locale.split("-")[0]!.toLowerCase();
  const known = language in CATALOGUES ? language : "en";
  const { default: catalogue } = await CATALOGUES[known]!();
  return new Words(catalogue, known === language ? locale : "en");
}

export class Words {
  readonly direction: "ltr" | "rtl";

  constructor(
    private readonly catalogue: Catalogue,
    readonly locale: string,
  ) {
    this.direction = RIGHT_TO_LEFT.includes(locale.slice(0, 2)) ? "rtl" : "ltr";
  }

  /** The text of a key, with values in its places. `{count}` chooses the plural form. */
  readonly text = (key: string, values: Values = {}): string => {
    const form = typeof values.count === "number" ? `${key}.${new Intl.PluralRules(this.locale).select(values.count)}` : key;
    const text = this.catalogue[form] ?? this.catalogue[`${key}.other`] ?? this.catalogue[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name: string) => this.#shown(values[name]));
  };

  /** Whether the language has words of its own for a key. */
  has(key: string): boolean {
    return key in this.catalogue;
  }

  money({ amount, currency }: Money): string {
    return new Intl.NumberFormat(this.locale, { style: "currency", currency }).format(amount as `${number}`);
  }

  date(time: string): string {
    const dateOnly = time.length === 10; // it has no time zone, so none can move it
    const zone = dateOnly ? ({ timeZone: "UTC" } as const) : {};
    return new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", ...zone }).format(new Date(time));
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.locale).format(value);
  }

  speed(mbps: number): string {
    const [value, unit] = mbps < 1000 ? [mbps, "megabit-per-second"] : [mbps / 1000, "gigabit-per-second"];
    return new Intl.NumberFormat(this.locale, { style: "unit", unit }).format(value);
  }

  months(count: number): string {
    return new Intl.NumberFormat(this.locale, { style: "unit", unit: "month", unitDisplay: "long" }).format(count);
  }

  #shown(value: string | number | undefined): string {
    return typeof value === "number" ? this.number(value) : (value ?? "");
  }
}
