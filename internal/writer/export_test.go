package writer

// Queued is how many decisions wait, for tests that want one batch.
func (w *Writer) Queued() int { return len(w.queue) }
