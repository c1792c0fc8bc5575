/** @jsxImportSource preact */
import { render } from "preact";
import { App } from "./App.tsx";
import "./style.css";

const [, , community = "", token = ""] = location.pathname.split("/");
const root = document.getElementById("root");
if (root) render(<App community={decodeURIComponent(community)} token={decodeURIComponent(token)} />, root);
