//! Plain loops, compiled once for each set of vector instructions and chosen when the program runs.

/// Defines a function whose body the compiler turns into the widest vectors that the machine has. Its first argument is
/// added: the [`pulp::Arch`] to use.
///
/// A closure given to `Arch::dispatch` would read better, but is compiled without those instructions unless the
/// compiler happens to inline it; a method marked `inline(always)` cannot be missed.
macro_rules! vectorised {
    ($($(#[$meta:meta])* fn $name:ident<$a:lifetime>($($arg:ident: $kind:ty),* $(,)?) $(-> $out:ty)? $body:block)+) => {$(
        $(#[$meta])*
        pub fn $name<$a>(arch: pulp::Arch, $($arg: $kind),*) $(-> $out)? {
            struct Call<$a>($($kind,)* std::marker::PhantomData<&$a ()>);
            impl<$a> pulp::NullaryFnOnce for Call<$a> {
                type Output = $crate::vectorised::vectorised!(@output $($out)?);
                #[inline(always)]
                fn call(self) -> Self::Output {
                    let Self($($arg,)* _) = self;
                    $body
                }
            }
            arch.dispatch(Call($($arg,)* std::marker::PhantomData))
        }
    )+};
    (@output $out:ty) => { $out };
    (@output) => { () };
}

pub(crate) use vectorised;
