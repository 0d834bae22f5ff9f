// A button with data-copy="ID" copies the text of that element. Without scripts the
// buttons stay hidden and the text can be selected.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  const say = (text) => {
    button.textContent = text;
    document.getElementById("copied").textContent = text;
    setTimeout(() => { button.textContent = words; }, 2000);
  };
  const select = () => {
    getSelection().selectAllChildren(source);
    say("Selected: press Ctrl+C");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    // Away from localhost and https a page has no clipboard.
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(source.textContent).then(() => say("Copied"), select);
  });
}
