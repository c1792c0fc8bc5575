import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import style from "./Pager.module.css";

interface Props {
  words: string;
  onBack: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

/** One page back, one on, and where one is. */
export function Pager({ words, onBack, onNext }: Props) {
  const { t } = useTranslation();
  return (
    <nav className={style.pager} aria-label={t("pager.label")}>
      <Button icon={<LeftOutlined aria-hidden="true" />} disabled={!onBack} onClick={onBack}>
        {t("pager.back")}
      </Button>
      <span className="figures">{words}</span>
      <Button icon={<RightOutlined aria-hidden="true" />} iconPlacement="end" disabled={!onNext} onClick={onNext}>
        {t("pager.next")}
      </Button>
    </nav>
  );
}
