/** Sizes and places of elements, which jsdom does not lay out: a test says what they are. */

import { act } from "@testing-library/react";

type Callback = (entries: { target: Element; isIntersecting: boolean }[]) => void;

class FakeObserver {
  readonly elements = new Set<Element>();
  readonly callback: Callback;

  constructor(callback: Callback) {
    this.callback = callback;
  }

  observe(element: Element): void {
    this.elements.add(element);
  }

  unobserve(element: Element): void {
    this.elements.delete(element);
  }

  disconnect(): void {
    this.elements.clear();
  }
}

const resizeObservers = new Set<FakeObserver>();
const intersectionObservers = new Set<FakeObserver>();

export class FakeResizeObserver extends FakeObserver {
  constructor(callback: Callback) {
    super(callback);
    resizeObservers.add(this);
  }
}

export class FakeIntersectionObserver extends FakeObserver {
  constructor(callback: Callback) {
    super(callback);
    intersectionObservers.add(this);
  }
}

/** The element has this size from now on. */
export function resize(element: Element, width: number, height: number): void {
  element.getBoundingClientRect = () => new DOMRect(0, 0, width, height);
  tell(resizeObservers, element, true);
}

/** The element comes into sight, or leaves it. */
export function place(element: Element, isOnScreen: boolean): void {
  tell(intersectionObservers, element, isOnScreen);
}

function tell(observers: ReadonlySet<FakeObserver>, target: Element, isIntersecting: boolean): void {
  act(() => {
    for (const { elements, callback } of observers) {
      if (elements.has(target)) callback([{ target, isIntersecting }]);
    }
  });
}
