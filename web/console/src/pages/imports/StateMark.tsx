import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  PauseCircleOutlined,
  SyncOutlined,
} from "@ant-design/icons";
import type { Import } from "@qunying/api/model";
import { useTranslation } from "react-i18next";
import style from "./Imports.module.css";

const icons = {
  preview: <SyncOutlined aria-hidden="true" spin />,
  ready: <ClockCircleOutlined aria-hidden="true" />,
  running: <SyncOutlined aria-hidden="true" spin />,
  done: <CheckCircleOutlined aria-hidden="true" />,
  cancelled: <PauseCircleOutlined aria-hidden="true" />,
  failed: <CloseCircleOutlined aria-hidden="true" />,
};

/** An import's state, in a shape and a word. */
export function StateMark({ state }: { state: Import["state"] }) {
  const { t } = useTranslation();
  return (
    <span className={`${style.state} ${style[state] ?? ""}`}>
      {icons[state]} {t(`import.state.${state}`)}
    </span>
  );
}
