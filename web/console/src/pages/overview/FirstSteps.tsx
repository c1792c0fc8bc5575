import { CloudUploadOutlined, TeamOutlined } from "@ant-design/icons";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { useHere } from "../../shell/useHere.ts";
import { Mark } from "../../ui/Brand.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./FirstSteps.module.css";

/** No group yet: what to do first, and what will then be seen. */
export function FirstSteps() {
  const { t } = useWords();
  const { session, may } = useHere();
  const navigate = useNavigate();
  return (
    <div className={style.steps}>
      <Mark size={48} />
      <h1>{t("first.title")}</h1>
      <p className={style.lead}>{session?.demo ? t("first.demo") : t("first.lead")}</p>
      <ol className={style.list}>
        <li>
          <CloudUploadOutlined aria-hidden="true" className={style.icon} />
          <h2>{t("first.export.title")}</h2>
          <p>{t("first.export.teach")}</p>
          {may("import") ? (
            <Button type="primary" onClick={() => void navigate({ to: "/imports", search: {} })}>
              {t("first.export.do")}
            </Button>
          ) : null}
        </li>
        <li>
          <TeamOutlined aria-hidden="true" className={style.icon} />
          <h2>{t("first.roster.title")}</h2>
          <p>{t("first.roster.teach")}</p>
          {may("import") ? (
            <Button onClick={() => void navigate({ to: "/imports", search: { tab: "roster" } })}>
              {t("first.roster.do")}
            </Button>
          ) : null}
        </li>
      </ol>
      <p className={style.promise}>{t("first.promise")}</p>
    </div>
  );
}
