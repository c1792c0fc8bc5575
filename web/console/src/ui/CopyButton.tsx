import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { copy } from "./copy.ts";

interface Props {
  text: string;
  /** What is copied, where the button stands beside several things. */
  label?: string;
  primary?: boolean;
}

const shown = 3_000; // milliseconds that the button says it is done

/** Puts a text on the clipboard and says whether that worked. */
export function CopyButton({ text, label, primary }: Props) {
  const { t } = useTranslation();
  const [state, setState] = useState<"" | "copied" | "failed">("");
  useEffect(() => {
    if (!state) return;
    const back = setTimeout(() => setState(""), shown);
    return () => clearTimeout(back);
  }, [state]);
  return (
    <>
      <Button
        {...(primary ? { type: "primary" as const, ghost: true } : {})}
        icon={state === "copied" ? <CheckOutlined aria-hidden="true" /> : <CopyOutlined aria-hidden="true" />}
        onClick={async () => setState((await copy(text)) ? "copied" : "failed")}
      >
        {state ? t(`copy.${state}`) : (label ?? t("copy.do"))}
      </Button>
      <span className="unseen" role="status">
        {state ? t(`copy.${state}`) : ""}
      </span>
    </>
  );
}
