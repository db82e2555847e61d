// The user that a developer chose in this browser tab: an email address, or "" for a visitor. It survives a reload.

const CHOICE = "crossgate.viewer";

export const chosen = (): string | null => sessionStorage.getItem(CHOICE);
export const remember = (email: string): void => sessionStorage.setItem(CHOICE, email);
export const forget = (): void => sessionStorage.removeItem(CHOICE);
