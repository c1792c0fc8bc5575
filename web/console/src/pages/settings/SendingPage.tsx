import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { useWords } from "../../words/useWords.ts";
import { HandoverPanel } from "../team/HandoverPanel.tsx";
import { CapsPanel } from "./CapsPanel.tsx";
import { DeliveryForm } from "./DeliveryForm.tsx";
import { EditsPanel } from "./EditsPanel.tsx";
import { SetsPanel } from "./SetsPanel.tsx";
import style from "./SettingsPage.module.css";
import { WaitingForm } from "./WaitingForm.tsx";
import { WelcomeForm } from "./WelcomeForm.tsx";

/** When and how fast things go out, how full groups get, and which groups belong together. */
export function SendingPage() {
  const { t } = useWords();
  const { may } = useHere();
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      {may("read") ? (
        <>
          <Panel title={t("sending.title")} note={t("sending.note")}>
            <DeliveryForm scope={{}} />
          </Panel>
          <Panel title={t("welcome.title")} note={t("welcome.allNote")}>
            <WelcomeForm scope={{}} />
          </Panel>
          <Panel title={t("waitingSet.title")} note={t("waitingSet.allNote")}>
            <WaitingForm scope={{}} />
          </Panel>
          <SetsPanel />
          {may("manage") ? <EditsPanel /> : null}
          {may("manage") ? <HandoverPanel /> : null}
          <CapsPanel />
        </>
      ) : null}
    </div>
  );
}
