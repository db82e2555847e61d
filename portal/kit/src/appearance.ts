// What a company has stored about its portal's looks, as custom properties.

/** Custom properties without their prefix: `{ accent: "#0a5", radius: "0" }`. */
export type Appearance = Readonly<Record<string, string>>;

export interface StoredLooks {
  readonly colorScheme: "LIGHT" | "DARK" | "AUTO";
  readonly accentColor?: string | null | undefined;
  readonly accentTextColor?: string | null | undefined;
  readonly backgroundColor?: string | null | undefined;
  readonly textColor?: string | null | undefined;
  readonly fontFamily?: string | null | undefined;
  readonly borderRadius?: number | null | undefined;
  readonly density: "COMFORTABLE" | "COMPACT";
}

/**
 * The custom properties of stored looks. A null stays the kit's own.
 *
 * The gateway has checked the contrast of both pairs of colours, so texts use no other pair of them.
 */
export function propertiesOf(stored: StoredLooks): Appearance {
  return Object.fromEntries(Object.entries(valuesOf(stored)).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

function valuesOf(stored: StoredLooks): Record<string, string | null | undefined> {
  const { accentColor, accentTextColor, backgroundColor, textColor, fontFamily, borderRadius, density } = stored;
  const scheme = schemeOf(stored);
  return {
    "color-scheme": scheme,
    accent: accentColor,
    "button-text": accentTextColor,
    "quiet-text": accentColor && "currentcolor",
    background: backgroundColor ?? (scheme && "Canvas"),
    surface: backgroundColor,
    "field-background": backgroundColor,
    "status-background": backgroundColor && "transparent",
    text: textColor,
    "text-muted": textColor,
    focus: textColor,
    font: fontFamily,
    radius: borderRadius == null ? null : `${borderRadius}px`,
    density: density === "COMPACT" ? "0.75" : null,
  };
}

/** The names of all properties that stored looks can set. */
export const PROPERTIES: readonly string[] = Object.keys(valuesOf({ colorScheme: "AUTO", density: "COMFORTABLE" }));

/** What the kit chooses by itself, such as the colour of errors, has to match a background of one's own. */
function schemeOf({ colorScheme, backgroundColor }: StoredLooks): "light" | "dark" | null {
  if (backgroundColor) return isDark(backgroundColor) ? "dark" : "light";
  return colorScheme === "AUTO" ? null : colorScheme === "DARK" ? "dark" : "light";
}

/** Whether white is easier to read on a colour, `#rrggbb`, than black. */
function isDark(color: string): boolean {
  const [red, green, blue] = [1, 3, 5].map((start) => (parseInt(color.slice(start, start + 2), 16) / 255) ** 2.2) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18;
}
