import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  title: ReactNode;
  opened: boolean;
  onClose: () => void;
  size?: 'md' | 'lg';
  children: ReactNode;
}

/** What opens above a page. */
export function Dialog({ title, opened, onClose, size = 'md', children }: Props) {
  return (
    // It goes at once: what it was about may be gone with it, its title too.
    <Modal.Root opened={opened} onClose={onClose} size={size} transitionProps={{ exitDuration: 0 }}>
      <Modal.Overlay />
      <Modal.Content>
        {/* The page has a banner already. */}
        <Modal.Header role="none">
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
