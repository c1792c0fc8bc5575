import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App, ConfigProvider } from "antd";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient, router } from "./router.tsx";
import { chosenMode, modeOf, PreferencesProvider, usePreferences } from "./shell/Preferences.tsx";
import "./theme/app.css";
import { antdTheme, applyPalette } from "./theme/theme.ts";
import { antdLocale } from "./words/antdLocale.ts";
import { preferredLanguage, speak } from "./words/language.ts";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

function Look({ children }: { children: ReactNode }) {
  const { mode, locale } = usePreferences();
  return (
    <ConfigProvider
      theme={antdTheme(mode)}
      locale={locale}
      csp={nonce ? { nonce } : undefined}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
    >
      <App component={false}>{children}</App>
    </ConfigProvider>
  );
}

async function start() {
  applyPalette(modeOf(chosenMode()), document.documentElement);
  const lang = preferredLanguage();
  const [locale] = await Promise.all([antdLocale(lang), speak(lang)]);
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html has no #root");
  createRoot(root).render(
    <StrictMode>
      <PreferencesProvider lang={lang} locale={locale}>
        <Look>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </Look>
      </PreferencesProvider>
    </StrictMode>,
  );
}

void start();
