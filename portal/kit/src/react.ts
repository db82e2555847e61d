// React components for the elements. They are only tags and listeners: `kit.js` of the gateway still brings the elements.

import { createElement, type ReactElement, type RefObject, useEffect, useRef } from "react";

import type { Change, Failure } from "./events.js";

export type { Change, Failure };

export interface ElementProps {
  readonly id?: string;
  readonly className?: string;
  /** The viewer has changed something. */
  readonly onChange?: (change: Change) => void;
  /** A request of the element has failed. */
  readonly onError?: (failure: Failure) => void;
}

export interface ListProps extends ElementProps {
  /** How many items are loaded at once. */
  readonly pageSize?: number;
}

export interface SettingsProps extends ElementProps {
  /** One account, without a choice. */
  readonly accountId?: string;
}

export const Approvals = component<ListProps>("crossgate-approvals");
export const Brand = component<ElementProps>("crossgate-brand");
export const Connections = component<ListProps>("crossgate-connections");
export const Dashboard = component<ElementProps>("crossgate-dashboard");
export const Invoices = component<ListProps>("crossgate-invoices");
export const Offers = component<ListProps>("crossgate-offers");
export const OrderPort = component<ElementProps>("crossgate-order-port");
export const Ports = component<ListProps>("crossgate-ports");
export const Profile = component<ElementProps>("crossgate-profile");
export const Settings = component<SettingsProps>("crossgate-settings");

type AllProps = ListProps & SettingsProps;

function component<Props extends ElementProps>(tag: string): (props: Props) => ReactElement {
  return ({ onChange, onError, id, className, pageSize, accountId }: AllProps & Props) => {
    const element = useRef<HTMLElement>(null);
    useListener(element, "cg-change", onChange);
    useListener(element, "cg-error", onError);
    return createElement(tag, { ref: element, id, class: className, "page-size": pageSize, "account-id": accountId });
  };
}

function useListener<Detail>(element: RefObject<HTMLElement | null>, name: string, listener: ((detail: Detail) => void) | undefined): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const target = element.current;
    const listen = (event: Event) => latest.current?.((event as CustomEvent<Detail>).detail);
    target?.addEventListener(name, listen);
    return () => target?.removeEventListener(name, listen);
  }, [element, name]);
}
