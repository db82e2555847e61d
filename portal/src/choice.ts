// Whom a developer chose to speak for in this tab: an email address, or "" for the anonymous visitor. It survives a reload.

const CHOICE = "crossgate.viewer";

export const chosen = (): string | null => sessionStorage.getItem(CHOICE);
export const remember = (email: string): void => sessionStorage.setItem(CHOICE, email);
export const forget = (): void => sessionStorage.removeItem(CHOICE);
