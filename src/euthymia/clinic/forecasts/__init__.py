"""The only room that calls the pharmacology: it stores every calculation as a fact."""
