// Starts `nndsl lsp`, which does the work, and hands on what it says.

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client, watcher;

function command() {
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  return workspace.getConfiguration("nndsl").get("path").replaceAll("${workspaceFolder}", folder);
}

async function start() {
  watcher ??= workspace.createFileSystemWatcher("**/*.nn");
  client = new LanguageClient("nndsl", "nndsl", { command: command(), args: ["lsp"] }, {
    documentSelector: [{ language: "nn" }],
    synchronize: { fileEvents: watcher },
    middleware: {
      provideInlayHints: (document, range, token, next) =>
        workspace.getConfiguration("nndsl", document).get("inlayHints") ? next(document, range, token) : [],
    },
  });
  try {
    await client.start();
  } catch {
    window.showErrorMessage(`\`${command()} lsp\` cannot be started. Install nndsl, or set nndsl.path.`);
  }
}

async function stop() {
  const last = client;
  client = undefined;
  if (last?.needsStop()) await last.stop();
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    commands.registerCommand("nndsl.restart", restart),
    workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("nndsl") && restart()),
  );
  await start();
};

exports.deactivate = stop;
