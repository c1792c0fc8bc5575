import { asProblem } from "@qunying/api/problem";
import { Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty, Failed } from "../ui/states.tsx";
import style from "./Fallbacks.module.css";

/** A page that could not be shown. */
export function Wrong({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <main className={style.alone}>
      <Failed trouble={asProblem(error)} onRetry={() => void router.invalidate()} />
    </main>
  );
}

/** An address that leads nowhere. */
export function Lost() {
  const { t } = useTranslation();
  return (
    <main className={style.alone}>
      <Empty
        title={t("lost.title")}
        actions={
          <Link to="/groups" search={{}}>
            {t("lost.home")}
          </Link>
        }
      >
        {t("lost.teach")}
      </Empty>
    </main>
  );
}
