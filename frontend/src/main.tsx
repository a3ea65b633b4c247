import "./styles/index.css";
import { render } from "preact";
import { startApp } from "./actions/start";
import { App } from "./ui/App";

const root = document.getElementById("app");
if (root !== null) {
  startApp();
  render(<App />, root);
}
