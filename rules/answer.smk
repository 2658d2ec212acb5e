# Answer: bulk answering into the call store.
