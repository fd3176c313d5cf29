/** What went wrong, in words, where a page would have been. */
import { Component, type ReactNode } from 'react'

interface Props {
  readonly children: ReactNode
}

export class FaultBoundary extends Component<Props, { readonly fault: Error | null }> {
  override state = { fault: null as Error | null }

  static getDerivedStateFromError(fault: Error): { readonly fault: Error } {
    return { fault }
  }

  override render(): ReactNode {
    const { fault } = this.state
    if (!fault) return this.props.children
    return (
      <div role="alert" className="notice red">
        <h1>This page cannot be shown</h1>
        <p>{fault.message}</p>
      </div>
    )
  }
}
