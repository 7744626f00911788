import { Alert, Button, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** What the browsers say of a part of the program that they could not get. */
const UNLOADED = /dynamically imported module|importing a module script failed|preload CSS/i;

interface Props {
  children: ReactNode;
  /** Another value means another page: the error of the last one is forgotten. */
  resetBy: string;
}

/** Keeps a page that fails from taking the rest with it. */
export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate({ resetBy }: Props): void {
    if (this.state.error && resetBy !== this.props.resetBy) this.setState({ error: null });
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    const isUnloaded = UNLOADED.test(this.state.error.message);
    return (
      <Alert color="red" title={isUnloaded ? 'This page could not be loaded' : 'This page failed'} role="alert">
        <Text size="sm">
          {isUnloaded
            ? 'The service did not answer, or has another version now. Reload the page.'
            : `It is a bug of ours: ${this.state.error.message}`}
        </Text>
        <Button size="xs" variant="default" mt="sm" onClick={() => window.location.reload()}>
          Reload the page
        </Button>
      </Alert>
    );
  }
}
