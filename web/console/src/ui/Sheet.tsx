import { Drawer } from "antd";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** In pixels; never wider than the screen. */
  width: number;
  extra?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A sheet over the right of the page. It lives in #sheets: over the body itself,
 * Ant Design would lock scrolling with a style element that has no nonce, which
 * the content security policy refuses.
 */
export function Sheet({ title, width, extra, onClose, children }: Props) {
  return (
    <Drawer
      open
      title={title}
      size={Math.min(width, window.innerWidth)}
      extra={extra}
      onClose={onClose}
      getContainer={() => document.getElementById("sheets") ?? document.body}
      styles={{ body: { overscrollBehavior: "contain" } }}
    >
      {children}
    </Drawer>
  );
}
