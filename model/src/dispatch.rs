//! From the number of servers that a scenario has to code that is generic over it.

/// Calls a function that is generic over the number of servers for a scenario of so many.
#[macro_export]
macro_rules! with_servers {
    ($servers:expr, $function:ident($($argument:expr),* $(,)?)) => {
        match $servers {
            2 => $function::<2>($($argument),*),
            3 => $function::<3>($($argument),*),
            4 => $function::<4>($($argument),*),
            5 => $function::<5>($($argument),*),
            6 => $function::<6>($($argument),*),
            7 => $function::<7>($($argument),*),
            servers => unreachable!("the model is not built for {servers} servers"),
        }
    };
}

pub(crate) use with_servers;
