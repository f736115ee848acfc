import { Component, html } from 'htm/preact';
import type { ComponentChildren } from 'preact';

interface Props {
  readonly children: ComponentChildren;
}

/** A view that breaks says so, and takes nothing else with it. The console has the exception. */
export class Boundary extends Component<Props, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static override getDerivedStateFromError() {
    return { isBroken: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render({ children }: Props, { isBroken }: { isBroken: boolean }) {
    if (!isBroken) return children;
    return html`
      <h1 tabindex="-1">This view broke</h1>
      <div class="banner bad" role="alert"><p>That is a fault of the page; the controller is not touched by it. The browser’s console has the details.</p></div>
      <p><button type="button" onClick=${() => this.setState({ isBroken: false })}>Try again</button></p>
    `;
  }
}
