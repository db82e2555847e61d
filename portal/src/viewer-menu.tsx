// The menu with the signed-in user, to sign in as another, and to sign out.

import * as Menu from "@radix-ui/react-dropdown-menu";
import { useId } from "react";

import type { Config, Viewer } from "./config";

export const SIGN_IN = "/account/sign-in";

const ANONYMOUS: Viewer = { email: "", label: "Anonymous visitor" };

interface Props {
  viewers: Config["viewers"];
  own: Viewer | null;
  viewer: Viewer | null;
  onChoose: (viewer: Viewer | null) => void;
  onSignOut: () => void;
}

export function ViewerMenu({ viewers, own, viewer, onChoose, onSignOut }: Props) {
  const current = viewer ?? ANONYMOUS;
  const choices = own ? [own, ...viewers.filter(({ email }) => email !== own.email)] : viewers;
  const title = useId();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="viewer-button">
        {viewer && <span className="viewer-hint">Signed in as </span>}
        <span className="viewer-name">{viewer ? viewer.email : "Not signed in"}</span>
        <svg className="viewer-arrow" viewBox="0 0 12 12" aria-hidden="true">
          <path d="M2.5 4.5 6 8l3.5-3.5" />
        </svg>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="viewer-menu" align="end" sideOffset={6} aria-labelledby={title}>
          <Menu.Label className="viewer-menu-title" id={title}>
            Sign in as
          </Menu.Label>
          <Menu.RadioGroup
            value={current.email}
            onValueChange={(email) => onChoose(choices.find((candidate) => candidate.email === email) ?? null)}
          >
            {[ANONYMOUS, ...choices].map(({ email, label }) => (
              <Menu.RadioItem key={email} className="viewer-item" value={email}>
                <span className="viewer-item-label">{label}</span>
                <span className="viewer-item-email">{email || "sends no token"}</span>
                <Menu.ItemIndicator className="viewer-item-check" />
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Separator className="viewer-menu-separator" />
          {own ? (
            <Menu.Item className="viewer-item" onSelect={onSignOut}>
              Sign out
            </Menu.Item>
          ) : (
            <Menu.Item className="viewer-item" asChild>
              <a href={SIGN_IN}>Sign in with a password</a>
            </Menu.Item>
          )}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
