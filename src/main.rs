//! argiope
fn main() {}
